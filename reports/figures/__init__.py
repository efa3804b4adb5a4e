"""Pictures: frames in, SVG text out. Nothing here computes a result, and nothing here knows the page."""
