"""The fake shell: lexer, parser and executor of the bash that a learner types into."""
