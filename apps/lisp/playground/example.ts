/** What the editor shows at a first visit. */
export const EXAMPLE = `; Every step of this can be gone back to.
(define (make-counter)
  (let ((log (make-vector 1000 0))
        (count 0))
    (lambda ()
      (set! count (+ count 1))
      (vector-set! log (modulo count 1000) count)
      count)))

(define counter (make-counter))

(define (primes candidates)
  (if (null? candidates)
      '()
      (let ((p (car candidates)))
        (counter)
        (cons p (primes (filter (lambda (m) (not (zero? (modulo m p))))
                                (cdr candidates)))))))

(define found (primes (iota 200 2)))
(display found)
(newline)
(display (counter))
(display " counted")
(newline)
`;
