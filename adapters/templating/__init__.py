"""Liquid: the template engine behind `application.ports.templating`, on python-liquid, with limits of its own."""
