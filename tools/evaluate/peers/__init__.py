"""Irbis beside other people's pipelines, on the same pictures: `python -m tools.evaluate.peers`.

The one peer so far is zamba's MegaDetector-lite, whose weights Irbis's base detector was made from:
how much does the way Irbis runs them cost or gain? It runs on what exports the models, and on the
few packages in ``requirements.txt`` beside this file, which says how to install them.
"""
