package city

// ListFiles returns the list files as the model has them.
func ListFiles() map[string][]byte { return newModel().files() }
