"""CMG-VS: cross-modal guided visual synthesis (CVPR 2026), the first open implementation."""
