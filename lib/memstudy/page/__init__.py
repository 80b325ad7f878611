"""``reports/index.html``: all verdicts on one static page that needs no network and no script."""
