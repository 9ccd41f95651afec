"""The bar of the model inside the package (docs/embedded.md), every row measured by one command."""
