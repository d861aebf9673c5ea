"""Pages: one HTML file each, without script or network, with its figures' data beside them."""
