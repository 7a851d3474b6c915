# with: azure
