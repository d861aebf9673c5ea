"""What says what a training set is: ``README.md`` for people, ``croissant.json`` for machines."""
