package alloc

import (
	"context"
	"log/slog"
)

// NewSlogLogger returns a [Logger] that writes each event as one record at the
// given level, and failures at slog.LevelWarn if that is higher. Addresses and
// contents are not logged. A nil l means slog.Default() at the time of each
// event.
//
// Where the level is off, an event costs the question whether it is. The Logger
// is safe for concurrent use if the handler of l is.
func NewSlogLogger(l *slog.Logger, level slog.Level) Logger {
	return &slogLogger{l, level}
}

type slogLogger struct {
	log   *slog.Logger
	level slog.Level
}

func (s *slogLogger) Log(e Event) {
	l, level := s.log, s.level
	if l == nil {
		l = slog.Default()
	}
	if e.Err != nil {
		level = max(level, slog.LevelWarn)
	}
	ctx := context.Background()
	if !l.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 4)
	attrs = append(attrs, slog.Int("size", e.Size))
	switch e.Op {
	case OpAlloc:
		attrs = append(attrs, slog.Int("align", e.Align))
	case OpResize:
		attrs = append(attrs, slog.Int("old", e.Old))
	}
	if e.Err != nil {
		attrs = append(attrs, slog.String("err", e.Err.Error()))
	}
	l.LogAttrs(ctx, level, e.Op.String(), attrs...)
}
