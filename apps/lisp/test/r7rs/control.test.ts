/**
 * Sections 6.10 to 6.14 of R7RS-small: control, exceptions, evaluation, input and output, the system.
 */
import { section } from "./cases.ts";

const GENERATOR = `
(define (numbers-of tree)
  (define return #f)
  (define (walk t) (cond ((null? t) 'done) ((pair? t) (walk (car t)) (walk (cdr t)))
    (else (call/cc (lambda (next) (set! resume (lambda () (next #f))) (return t))))))
  (define resume (lambda () (walk tree) (return 'end)))
  (lambda () (call/cc (lambda (r) (set! return r) (resume)))))
(define next (numbers-of '(1 (2 3) 4)))
(let* ((a (next)) (b (next)) (c (next)) (d (next)) (e (next))) (list a b c d e))`;

section("6.10 Control features", [
  ["(apply + 1 2 '(3 4))", "10"],
  ["(map (lambda (x y) (* x y)) '(1 2 3) '(4 5))", "(4 10)"],
  ["(let ((v '())) (for-each (lambda (x) (set! v (cons x v))) '(1 2 3)) v)", "(3 2 1)"],
  [
    "(call-with-current-continuation (lambda (exit) (for-each (lambda (x) (if (negative? x) (exit x))) '(54 0 37 -3 245)) #t))",
    "-3",
  ],
  ["(call-with-values (lambda () (values 4 5)) (lambda (a b) b))", "5"],
  ["(call-with-values * -)", "-1"],
  [
    "(let ((path '()) (c #f)) (let ((add (lambda (s) (set! path (cons s path))))) (dynamic-wind (lambda () (add 'connect)) (lambda () (add (call/cc (lambda (c0) (set! c c0) 'talk1)))) (lambda () (add 'disconnect))) (if (< (length path) 4) (c 'talk2) (reverse path))))",
    "(connect talk1 disconnect connect talk2 disconnect)",
  ],
  [GENERATOR, "(1 2 3 4 end)"],
  // A continuation that is entered again finds the values that were computed before it, not those of a later pass.
  [
    "(let ((k #f) (n 0)) (let ((r (map (lambda (x) (call/cc (lambda (c) (if (= x 2) (set! k c)) x))) '(1 2 3)))) (set! n (+ n 1)) (if (< n 3) (k (* n 10)) r)))",
    "(1 20 3)",
  ],
  [
    "(let* ((saved #f) (log '()) (v (+ 1 (let ((x (call/cc (lambda (c) (set! saved c) 1)))) (* x 10))))) (set! log (cons v log)) (if (< (length log) 3) (saved (+ 1 (length log))) log))",
    "(31 21 11)",
  ],
  ["(define (loop n) (if (= n 0) 'done (loop (- n 1)))) (loop 300000)", "done"],
  [
    "(define (even2? n) (cond ((= n 0) #t) (else (and #t (odd2? (- n 1)))))) (define (odd2? n) (if (= n 0) #f (even2? (- n 1)))) (even2? 100001)",
    "#f",
  ],
  ["(define (deep n) (if (= n 0) 0 (+ 1 (deep (- n 1))))) (deep 300000)", "300000"],
  ['(string-map (lambda (a b) (if (char=? a b) #\\= a)) "abc" "axc")', '"=b="'],
]);

section("6.11 Exceptions", [
  [
    "(call/cc (lambda (k) (with-exception-handler (lambda (e) (k (list 'condition e))) (lambda () (+ 1 (raise 'an-error))))))",
    "(condition an-error)",
  ],
  ["(with-exception-handler (lambda (e) 42) (lambda () (+ (raise-continuable 'oops) 23)))", "65"],
  ["(with-exception-handler (lambda (e) 'ignored) (lambda () (raise 'oops)))", "!error"],
  [
    '(guard (e (#t (list (error-object? e) (error-object-message e) (error-object-irritants e)))) (error "bad thing:" 1 \'two))',
    '(#t "bad thing:" (1 two))',
  ],
  ["(guard (e ((error-object? e) (condition-kind e))) (vector-ref #(1) 'x))", "type"],
  ["(guard (e (#t (condition-position e))) (car 5))", '"text:1:40"'],
  [
    "(let ((log '())) (guard (e (#t (set! log (cons e log)))) (dynamic-wind (lambda () (set! log (cons 'in log))) (lambda () (raise 'x)) (lambda () (set! log (cons 'out log))))) log)",
    "(x out in)",
  ],
  [
    "(with-exception-handler (lambda (e) 10) (lambda () (guard (e ((string? e) 1)) (+ 1 (raise-continuable 'n)))))",
    "11",
  ],
  ['(guard (e ((read-error? e) \'read)) (read (open-input-string ")")))', "read"],
  ['(guard (e ((file-error? e) \'file)) (open-input-file "there"))', "file"],
  ['(error "plain")', "!error"],
]);

section("6.12 Environments and evaluation", [
  ["(eval '(* 7 3) (environment '(scheme base)))", "21"],
  ["(eval '(define z 1) (environment '(scheme base)))", "!syntax"],
  ["(eval '(begin (define z 5) (+ z 1)) (interaction-environment))", "6"],
  ["(let ((f (eval '(lambda (f x) (f x x)) (scheme-report-environment 5)))) (f + 10))", "20"],
]);

section("6.13 Input and output", [
  [
    '(let ((p (open-input-string "ab\\ncd (1 . 2) x"))) (let* ((a (peek-char p)) (b (read-char p)) (c (read-line p)) (d (read-string 2 p)) (e (read p)) (f (read p)) (g (read p))) (list a b c d e f (eof-object? g))))',
    String.raw`(#\a #\a "b" "cd" (1 . 2) x #t)`,
  ],
  [
    '(let ((p (open-output-string))) (write "a\\nb" p) (display "c" p) (write-char #\\d p) (newline p) (get-output-string p))',
    String.raw`"\"a\\nb\"cd\n"`,
  ],
  [
    "(let ((p (open-output-bytevector))) (write-u8 1 p) (write-bytevector #u8(2 3 4) p 1) (get-output-bytevector p))",
    "#u8(1 3 4)",
  ],
  [
    "(let ((p (open-input-bytevector #u8(1 2 3)))) (let* ((a (read-u8 p)) (b (peek-u8 p)) (c (read-bytevector 5 p)) (d (read-u8 p))) (list a b c (eof-object? d))))",
    "(1 2 #u8(2 3) #t)",
  ],
  [
    '(let ((p (open-output-string))) (parameterize ((current-output-port p)) (display \'(1 "x" #\\y))) (get-output-string p))',
    '"(1 x y)"',
  ],
  [
    '(let ((p (open-input-string "x"))) (close-port p) (list (input-port-open? p) (guard (e (#t \'closed)) (read-char p))))',
    "(#f closed)",
  ],
  ["(let ((p (open-output-string)) (x (list 1))) (write-shared (list x x) p) (get-output-string p))", '"(#0=(1) #0#)"'],
  ['(call-with-port (open-input-string "q") read)', "q"],
]);

section("Limits", [
  [
    "(guard (e ((eq? (condition-kind e) 'fuel) 'stopped)) (call-with-fuel 10000 (lambda () (let loop () (loop)))))",
    "stopped",
  ],
  ["(call-with-fuel 10000 (lambda () 'enough))", "enough"],
  ["(call-with-fuel 1000 (lambda () (let loop () (loop))))", "!fuel"],
]);
