"""Links: how records travel to a platform. `link.py` says what one must do, `settings.py` what may be configured."""
