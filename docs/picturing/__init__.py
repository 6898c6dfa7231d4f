"""What ``docs/pictures.py`` makes the documentation's pictures with."""
