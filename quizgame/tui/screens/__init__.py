"""The screens: one a module, its styles in the ``.tcss`` file beside it."""
