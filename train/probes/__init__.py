"""What a model is held against: simple predictors of things that ought not to suffice."""
