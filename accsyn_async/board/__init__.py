"""What watches tell, ready to be shown: by bars, on a page, on a terminal screen, as metrics. Pure."""
