"""Probes in the soil: moisture, temperature, conductivity, pH."""
