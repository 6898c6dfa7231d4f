"""The dashboards: a web page, a terminal screen, and metrics; views of one watch."""
