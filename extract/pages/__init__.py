"""Pages: one HTML file each, without network; figures with their data, timelines to zoom into."""
