"""Ground floor: paths, seeds, device, progress, provenance, store, claims, experiment contract."""
