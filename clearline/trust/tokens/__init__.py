"""Keys by which the app on somebody's device is known: given at sign-in, replaced, taken back."""
