"""Film grain: measured (:mod:`.analyse`), kept as data (:mod:`.model`), drawn again by ``core.vsplugin.Grain``."""
