"""HDR metadata on every frame, from the source's packets to the encoder.

``bits``, ``hdr10plus``, ``static``, ``dolbyvision`` are the formats; ``nal``, ``av1``, ``packets`` find them in files;
``props`` and ``policy`` keep them true on frames; ``x265``, ``live``, ``inject`` write them out.
"""
