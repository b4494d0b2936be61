"""Mails on request, in protocol 1.0's frozen shapes."""
