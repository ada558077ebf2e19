package carddata

import (
	"log/slog"
	"os"
)

// LogHandler is for the loggers of tests that are not about logs: what they say is
// dropped, or goes to the error output where the environment has ISOLINK_LOGS.
func LogHandler() slog.Handler {
	if os.Getenv("ISOLINK_LOGS") == "" {
		return slog.DiscardHandler
	}
	return slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug})
}
