"""From notebooks to folders of pages: page checks, snapshots, the batch, releases and comparisons of them."""
