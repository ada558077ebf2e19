package messages

// SyncFolder is what a STANFile does after it has replaced its file.
var SyncFolder = syncFolder
