"""What says that something moved, or that it is time: triggers, and how their firings become
bursts without an animal lost or a battery emptied by a hot rock.

``firing`` is the seam. ``gpio``, ``gpio_api``, ``pushed`` and ``schedule`` implement it,
``together`` makes one of several. ``pacing`` and ``storm`` are pure: they are told the time.
"""
