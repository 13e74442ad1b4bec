"""Who may do what: users behind tokens, RBAC rules, and whether they allow a request.

`rules` is pure; `tokens` remembers who has which token; `authorizer` joins both with the bindings in the store.
"""
