"""The HTTP face: ``app.py`` puts it together and says in which order a request meets its parts."""
