/**
 * Sections 2 to 5 of R7RS-small: lexical conventions, expressions, macros, program structure.
 */
import { section } from "./cases.ts";

section("2 Lexical conventions", [
  ["'(a . (b . (c)))", "(a b c)"],
  ["'|two words|", "|two words|"],
  ["'(a #;(hidden) b #| so #| is |# this |# c) ; and this", "(a b c)"],
  ["#!fold-case\n'ABC\n", "abc"],
  [
    String.raw`"a\x41;\t\\ \"q\" \
         joined"`,
    String.raw`"aA\t\\ \"q\" joined"`,
  ],
  [":key", ":key"],
  ["'#0=(1 . #0#)", "#0=(1 . #0#)"],
  ["'(#1=(x) #1#)", "((x) (x))"],
  ["'(+ - ... ->x +soup+ 1+ .y)", "(+ - ... ->x +soup+ 1+ .y)"],
  ["#u8(0 255)", "#u8(0 255)"],
  ["(list #true #false #t #f)", "(#t #f #t #f)"],
  [String.raw`(list #\a #\space #\newline #\x3bb #\( #\nul)`, "!read"],
  [String.raw`(list #\a #\space #\newline #\x3bb #\()`, String.raw`(#\a #\space #\newline #\λ #\()`],
  ["(quote", "!unfinished"],
  [")", "!read"],
  ["(1 . 2 3)", "!read"],
  ["#u8(256)", "!read"],
]);

section("4.1 Primitive expression types", [
  ["(define x 28) x", "28"],
  ["'(1 . 2)", "(1 . 2)"],
  ["((if #f + *) 3 4)", "12"],
  ["((lambda (x y . z) z) 3 4 5 6)", "(5 6)"],
  ["((lambda all all) 3 4)", "(3 4)"],
  ["(if '() 'yes 'no)", "yes"],
  ["(if nil 'yes 'no)", "yes"],
  ["nil", "()"],
  ["(define y 2) (set! y (+ y 1)) y", "3"],
  ["()", "!syntax"],
  ["unknown", "!unbound"],
  ["(set! unknown 1)", "!unbound"],
  ["((lambda (x) x))", "!arity"],
  ["(car 1 2)", "!arity"],
  ["(5 5)", "!type"],
  ["(lambda (x x) x)", "!syntax"],
  ["(if)", "!syntax"],
]);

section("4.2 Derived expression types", [
  ["(cond ((assv 'b '((a 1) (b 2))) => cadr) (else 'none))", "2"],
  ["(cond (#f 1) (7))", "7"],
  ["(case (* 2 3) ((2 3 5 7) 'prime) ((1 4 6 8 9) 'composite))", "composite"],
  ["(case 'x ((y) 1) (else => (lambda (it) (list it))))", "(x)"],
  ["(list (and) (and 1 2) (and 1 #f 2) (or) (or #f 3) (or #f #f))", "(#t 2 #f #f 3 #f)"],
  ["(list (when #t 1 2) (unless #f 3 4))", "(2 4)"],
  ["(let ((x 2) (y 3)) (let* ((x 7) (z (+ x y))) (* z x)))", "70"],
  [
    "(letrec ((even? (lambda (n) (if (= n 0) #t (odd? (- n 1))))) (odd? (lambda (n) (if (= n 0) #f (even? (- n 1)))))) (even? 88))",
    "#t",
  ],
  ["(letrec ((a b) (b 1)) a)", "!unbound"],
  [
    "(let-values (((root rest) (exact-integer-sqrt 32)) ((x . more) (values 1 2 3))) (list root rest x more))",
    "(5 7 1 (2 3))",
  ],
  ["(let ((a 1)) (let*-values (((a b) (values 2 a)) ((c) (values (+ a b)))) (list a b c)))", "(2 1 3)"],
  ["(let () (define-values (x y . z) (values 1 2 3 4)) (list x y z))", "(1 2 (3 4))"],
  ["(do ((vec (make-vector 5)) (i 0 (+ i 1))) ((= i 5) vec) (vector-set! vec i i))", "#(0 1 2 3 4)"],
  [
    "(let loop ((i 0) (done '())) (if (= i 3) done (loop (+ i 1) (cons (lambda () i) done))))",
    "(#<procedure> #<procedure> #<procedure>)",
  ],
  ["(define p (delay (begin (set! count (+ count 1)) count))) (define count 0) (list (force p) (force p))", "(1 1)"],
  ["(define (stream n) (delay-force (if (= n 0) (delay 'end) (stream (- n 1))))) (force (stream 100000))", "end"],
  ["(force (make-promise 5))", "5"],
  [
    "(define radix (make-parameter 10 (lambda (x) (* x 1)))) (list (radix) (parameterize ((radix 2)) (radix)) (radix))",
    "(10 2 10)",
  ],
  ["(define f (case-lambda ((a) 1) ((a b) 2) ((a . rest) 'many))) (list (f 1) (f 1 2) (f 1 2 3))", "(1 2 many)"],
  ["`(1 ,(+ 1 1) ,@(map abs '(-3 -4)) . end)", "(1 2 3 4 . end)"],
  ["`#(a ,@(list 1 2) b)", "#(a 1 2 b)"],
  ["`(a `(b ,(c ,(+ 1 2))))", "(a `(b ,(c 3)))"],
  ["(guard (e ((symbol? e) (list 'caught e)) ((assq 'a e) => cdr)) (raise (list (cons 'a 42))))", "42"],
  ["(guard (e ((string? e) 'no)) (guard (e ((number? e) 'inner)) (raise 'outer)))", "!outer"],
  ["(cond-expand ((and r7rs (library (scheme base))) 'yes) (else 'no))", "yes"],
]);

section("4.3 Macros", [
  [
    "(define-syntax swap! (syntax-rules () ((_ a b) (let ((tmp a)) (set! a b) (set! b tmp))))) (let ((tmp 1) (other 2)) (swap! tmp other) (list tmp other))",
    "(2 1)",
  ],
  [
    "(define-syntax my-or (syntax-rules () ((_) #f) ((_ e) e) ((_ e r ...) (let ((t e)) (if t t (my-or r ...)))))) (let ((t 5) (if list)) (my-or #f t))",
    "5",
  ],
  ["(let ((=> #f)) (cond (#t => 'ok)))", "ok"],
  [
    "(define-syntax my-let (syntax-rules () ((_ ((n v) ...) . body) ((lambda (n ...) . body) v ...)))) (my-let ((a 1) (b 2)) (+ a b))",
    "3",
  ],
  [
    "(define-syntax flat (syntax-rules () ((_ (a b ...) ...) '(a ... (b ... ) ...)))) (flat (1 2 3) (4) (5 6))",
    "(1 4 5 (2 3) () (6))",
  ],
  ["(define-syntax ends (syntax-rules () ((_ first middle ... last) '(first last)))) (ends 1 2 3 4)", "(1 4)"],
  ["(define-syntax dotted (syntax-rules () ((_ a . b) '(a b)))) (dotted 1 2 . 3)", "(1 (2 . 3))"],
  ["(define-syntax in-vector (syntax-rules () ((_ #(a ...)) (+ a ...)))) (in-vector #(1 2 3))", "6"],
  [
    "(define-syntax be-like (syntax-rules () ((_ name) (define-syntax name (syntax-rules () ((_ (x (... ...))) '(x (... ...)))))))) (be-like seq) (seq (1 2))",
    "(1 2)",
  ],
  ["(define-syntax for (syntax-rules (in) ((_ x in l e) (map (lambda (x) e) l)))) (for y in '(1 2) (* y y))", "(1 4)"],
  ["(let ((x 'outer)) (let-syntax ((m (syntax-rules () ((m) x)))) (let ((x 'inner)) (m))))", "outer"],
  [
    "(letrec-syntax ((ev? (syntax-rules () ((_) #t) ((_ a . r) (od? . r)))) (od? (syntax-rules () ((_) #f) ((_ a . r) (ev? . r))))) (ev? 1 2 3))",
    "#f",
  ],
  ["(define-syntax dots (syntax-rules ::: () ((_ a :::) '(a ::: ...)))) (dots 1 2)", "(1 2 ...)"],
  ["(define-syntax none (syntax-rules () ((_ a) a))) (none)", "!syntax"],
  ["(define-syntax bad (syntax-rules () ((_ ... a) 1)))", "!syntax"],
  ["(let loop ((i 0)) (define-syntax up (syntax-rules () ((_ x) (+ x 1)))) (if (< i 3) (loop (up i)) i))", "3"],
  ['(syntax-error "no" here)', "!syntax"],
]);

section("5 Program structure", [
  ["(define (f) (define a 1) (define (g) (* a 2)) (g)) (f)", "2"],
  ["(define (f) (define a b) (define b 1) a) (f)", "!unbound"],
  [
    "(define-record-type <pare> (kons x y) pare? (x kar set-kar!) (y kdr)) (let ((k (kons 1 2))) (set-kar! k 3) (list (pare? k) (pare? 1) (kar k) (kdr k)))",
    "(#t #f 3 2)",
  ],
  ["(kar 5)", "!type"],
  [
    "(define-library (my stack) (export make push (rename top! top)) (import (scheme base)) (begin (define (make) (list '())) (define (push s x) (set-car! s (cons x (car s)))) (define (top! s) (caar s)))) (import (prefix (my stack) s:)) (let ((s (s:make))) (s:push s 7) (s:top s))",
    "7",
  ],
  ["(import (only (my stack) hidden))", "!syntax"],
  ["(import (no such))", "!syntax"],
  ["(define car cdr) (define (second x) (car x)) (second '(1 2))", "(2)"],
  ["(map (lambda (x) x) '(1 2))", "(1 2)"],
  [
    "(define (late x) (vector-length x)) (define a (late (vector 1))) (set! vector-length (lambda (v) 'mine)) (list a (late 1))",
    "(1 mine)",
  ],
]);
