"""What every test needs: Ctrl-C is heard, also where the suite was started in the background and told to ignore it."""

from __future__ import annotations

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # child processes inherit it, and tests interrupt some
    signal.signal(signal.SIGINT, signal.default_int_handler)
