// ConfigFile
