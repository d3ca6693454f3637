/**
 * The part of the standard library that is written as macros.
 */

/** Source text, evaluated when a system is made. */
export const MACROS = `
(define-syntax let-values
  (syntax-rules ()
    ((_ (binding ...) . body) (%let-values (binding ...) () . body))))
(define-syntax %let-values
  (syntax-rules ()
    ((_ () ((name temporary) ...) . body) (let ((name temporary) ...) . body))
    ((_ ((formals value) . more) pairs . body)
     (%let-formals formals () value more pairs . body))))
(define-syntax %let-formals
  (syntax-rules ()
    ((_ () done value more pairs . body)
     (call-with-values (lambda () value) (lambda done (%let-values more pairs . body))))
    ((_ (name . rest) (done ...) value more (pair ...) . body)
     (%let-formals rest (done ... it) value more (pair ... (name it)) . body))
    ((_ rest (done ...) value more (pair ...) . body)
     (call-with-values (lambda () value)
       (lambda (done ... . it) (%let-values more (pair ... (rest it)) . body))))))
(define-syntax let*-values
  (syntax-rules ()
    ((_ () . body) (let () . body))
    ((_ ((formals value) . more) . body)
     (call-with-values (lambda () value) (lambda formals (let*-values more . body))))))
(define-syntax receive
  (syntax-rules ()
    ((_ formals value . body) (call-with-values (lambda () value) (lambda formals . body)))))
(define-syntax case-lambda
  (syntax-rules ()
    ((_ (formals . body) ...) (%case-lambda (lambda formals . body) ...))))
(define-syntax delay-force
  (syntax-rules () ((_ value) (%delay-force (lambda () value)))))
(define-syntax delay
  (syntax-rules () ((_ value) (delay-force (make-promise value)))))
(define-syntax parameterize
  (syntax-rules ()
    ((_ ((parameter value) ...) . body)
     (let ((parameters (list parameter ...)))
       (%with-parameters parameters (%convert parameters (list value ...)) (lambda () . body))))))
(define-syntax guard
  (syntax-rules ()
    ((_ (name clause ...) . body)
     ((call/cc
       (lambda (leave)
         (with-exception-handler
          (lambda (raised)
            ((call/cc
              (lambda (resume)
                (leave
                 (lambda ()
                   (let ((name raised))
                     (%guard-clauses (resume (lambda () (raise-continuable raised))) clause ...))))))))
          (lambda ()
            (call-with-values (lambda () . body)
              (lambda results (leave (lambda () (apply values results)))))))))))))
(define-syntax %guard-clauses
  (syntax-rules (else)
    ((_ again clause ... (else . results)) (cond clause ... (else . results)))
    ((_ again clause ...) (cond clause ... (else again)))))
(define-syntax assert
  (syntax-rules () ((_ test) (if test #t (error "assertion failed:" 'test)))))
(define-syntax in-namespace
  (syntax-rules () ((_ name . body) (eval '(begin . body) (make-namespace name)))))
(define-syntax with-open-file
  (syntax-rules ()
    ((_ (name operand ...) . body)
     (let ((name (%open-file operand ...)))
       (dynamic-wind (lambda () #f) (lambda () . body) (lambda () (close-port name)))))))
`;
