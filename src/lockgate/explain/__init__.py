"""Why a model says what it says: attributions asked of models, what they lean on, and pictures of it."""
