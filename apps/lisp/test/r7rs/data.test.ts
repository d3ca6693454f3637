/**
 * Sections 6.1 to 6.9 of R7RS-small: equivalence, numbers, booleans, lists, symbols, characters, strings, vectors, bytevectors.
 */
import { section } from "./cases.ts";

section("6.1 Equivalence predicates", [
  [
    "(list (eqv? 'a 'a) (eqv? '() '()) (eqv? 2 2.0) (eqv? 100000000000000000000 100000000000000000000) (eqv? 0.0 -0.0))",
    "(#t #t #f #t #f)",
  ],
  ['(list (eq? (list 1) (list 1)) (equal? \'(1 #(2 "x")) \'(1 #(2 "x"))) (equal? #u8(1) #u8(2)))', "(#f #t #f)"],
  ["(let ((a (list 1 2)) (b (list 1 2))) (set-cdr! (cdr a) a) (set-cdr! (cdr b) b) (equal? a b))", "#t"],
]);

section("6.2 Numbers", [
  ["(list (+ 1/2 1/3) (* 1.5 2) (/ 9 3) (/ 9 6) (- 5) (/ 0.5))", "(5/6 3.0 3 3/2 -5 2.0)"],
  ["(* 99999999999 99999999999)", "9999999999800000000001"],
  ["(- (expt 2 62) (expt 2 62))", "0"],
  ["(+ 9007199254740991 1)", "9007199254740992"],
  [
    "(list (exact->inexact 1/3) (exact 2.5) (exact 1e18) (inexact 1/3))",
    "(0.3333333333333333 5/2 1000000000000000000 0.3333333333333333)",
  ],
  ["(list (quotient -7 2) (remainder -7 2) (modulo -7 2) (floor-quotient -7 2) (modulo 7 -2))", "(-3 -1 1 -4 -1)"],
  ["(call-with-values (lambda () (floor/ 5 -2)) list)", "(-3 -1)"],
  ["(list (gcd 32 -36) (lcm 32 -36) (gcd) (lcm) (lcm 32.0 -36))", "(4 288 0 1 288.0)"],
  ["(map round '(2.5 3.5 -2.5 7/2 -7/2))", "(2.0 4.0 -2.0 4 -4)"],
  ["(list (floor -4.3) (ceiling -4.3) (truncate -4.3) (floor 7/2))", "(-5.0 -4.0 -4.0 3)"],
  ["(list (rationalize 3/10 1/10) (rationalize .3 1/10))", "(1/3 0.3333333333333333)"],
  ["(list (sqrt 16) (sqrt 1/4) (sqrt 2) (exact-integer-sqrt 17))", "(4 1/2 1.4142135623730951 4 1)"],
  ["(list (expt 2 100) (expt 2 -2) (expt 2.0 3) (expt 0 0))", "(1267650600228229401496703205376 1/4 8.0 1)"],
  ["(list (max 1 2.0) (min 1 2) (abs -7/2) (numerator 6/4) (denominator 0.5))", "(2.0 1 7/2 3 2.0)"],
  ["(list (exact? 1/2) (integer? 3.0) (rational? +inf.0) (nan? +nan.0) (exact-integer? 5.0))", "(#t #t #f #t #f)"],
  ["(list (= 1 1.0) (< 1 2 3) (< 1 3 2) (= 1/3 .333) (< 9007199254740992 9007199254740993))", "(#t #t #f #f #t)"],
  [
    '(list (number->string 255 16) (string->number "ff" 16) (string->number "#b101") (string->number "1e2") (string->number "x"))',
    '("ff" 255 5 100.0 #f)',
  ],
  ["(list #xff #e1.5 #i1/2 1e21 -0.0 +inf.0 .5 1.)", "(255 3/2 0.5 1e21 -0.0 +inf.0 0.5 1.0)"],
  ["(list (exp 0) (sin 0) (atan 1 1) (log 8 2))", "(1 0 0.7853981633974483 3.0)"],
  ["(eqv? 0 (* 0 -1))", "#t"],
  ["(/ 1 0)", "!divide"],
  ["(/ 1.0 0)", "!divide"],
  ["(+ 1 'a)", "!type"],
  ["(sqrt -1)", "!type"],
  ["(vector-ref (vector 1 2) 2)", "!range"],
]);

section("6.3 to 6.5 Booleans, lists and symbols", [
  ["(list (not 3) (not '()) (boolean=? #t #t #t))", "(#f #f #t)"],
  [
    "(list (list? '(1 2)) (list? '(1 . 2)) (length '(1 2 3)) (append '(1) '(2) 3) (reverse '(1 2 3)))",
    "(#t #f 3 (1 2 . 3) (3 2 1))",
  ],
  ["(list (list-tail '(1 2 3) 2) (list-ref '(1 2 3) 1) (cadr '(1 2)) (cddar '((1 2 3))))", "((3) 2 2 (3))"],
  [
    "(list (memq 'c '(a b c d)) (member 2.0 '(1 2 3) =) (assoc 2.0 '((1 one) (2 two)) =) (assq 'x '()))",
    "((c d) (2 3) (2 two) #f)",
  ],
  ["(let ((l (list 1 2 3))) (list-set! l 1 'x) (list l (list-copy l) (make-list 2 'a)))", "((1 x 3) (1 x 3) (a a))"],
  ["(list (symbol->string 'abc) (string->symbol \"Hi there\") (symbol=? 'a 'a 'b))", '("abc" |Hi there| #f)'],
  ["(list (keyword? :a) (symbol? :a) (eq? :a ':a) (keyword->string :a))", '(#t #f #t "a")'],
  ["(length '(1 . 2))", "!type"],
  ["(car '())", "!type"],
]);

section("6.6 and 6.7 Characters and strings", [
  [
    String.raw`(list (char-upcase #\ß) (char-downcase #\Σ) (char->integer #\λ) (digit-value #\٣) (char<? #\a #\b #\c))`,
    String.raw`(#\ß #\σ 955 3 #t)`,
  ],
  ['(list (string-length "a😀b") (string-ref "a😀b" 2) (substring "a😀b" 1 2))', String.raw`(3 #\b "😀")`],
  [String.raw`(let ((s (make-string 3 #\*))) (string-set! s 1 #\😀) s)`, '"*😀*"'],
  ['(list (string<? "abc" "abd") (string=? "a" "a" "b") (string-ci=? "Straße" "STRASSE"))', "(#t #f #t)"],
  [
    '(list (string-upcase "abc") (string-append "a" "b" "c") (string->list "abc" 1) (string-copy "hello" 1 3))',
    String.raw`("ABC" "abc" (#\b #\c) "el")`,
  ],
  ['(let ((s (string-copy "12345"))) (string-copy! s 1 "abc" 1) s)', '"1bc45"'],
  ['(let ((s (string-copy "12345"))) (string-fill! s #\\x 2 4) s)', '"12xx5"'],
  [
    String.raw`(list (string-map char-upcase "abc") (let ((n 0)) (string-for-each (lambda (c) (set! n (+ n 1))) "abc") n))`,
    '("ABC" 3)',
  ],
  ['(string-ref "abc" 3)', "!range"],
  ['(string-append "a" 1)', "!type"],
]);

section("6.8 and 6.9 Vectors and bytevectors", [
  ["(let ((v (make-vector 3 0))) (vector-set! v 0 '(x)) (vector-fill! v 7 1) v)", "#((x) 7 7)"],
  [
    "(list (vector->list #(1 2 3) 1) (list->vector '(1)) (vector-append #(1) #(2 3)) (vector-copy #(1 2 3) 1 2))",
    "((2 3) #(1) #(1 2 3) #(2))",
  ],
  ["(let ((v (vector 1 2 3 4 5))) (vector-copy! v 1 v 0 3) v)", "#(1 1 2 3 5)"],
  [
    '(list (vector-map + #(1 2) #(10 20 30)) (vector->string #(#\\a)) (string->vector "ab"))',
    '(#(11 22) "a" #(#\\a #\\b))',
  ],
  [
    "(let ((b (bytevector 1 2 3))) (bytevector-u8-set! b 0 255) (bytevector-copy! b 1 #u8(9)) (list b (bytevector-u8-ref b 1) (bytevector-append b #u8(4))))",
    "(#u8(255 9 3) 9 #u8(255 9 3 4))",
  ],
  ['(list (utf8->string #u8(206 187)) (string->utf8 "λ"))', '("λ" #u8(206 187))'],
  ["(bytevector 256)", "!range"],
  ["(make-vector 1000000000000)", "!memory"],
]);
