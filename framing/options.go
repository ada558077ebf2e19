package framing

import "fmt"

// optionError is one wrong option of the framing named.
func optionError(framing, format string, args ...any) error {
	return fmt.Errorf("%w: %s: %s", ErrOptions, framing, fmt.Sprintf(format, args...))
}

// validateHeaderLen judges the option that all framings with a length share.
func (c *counted) validateHeaderLen() error {
	switch {
	case c.headerLen < 0:
		return optionError(c.name, "HeaderLen is %d, it must not be negative", c.headerLen)
	case c.headerLen > c.max:
		return optionError(c.name, "HeaderLen is %d, but no frame can be larger than %d", c.headerLen, c.max)
	}
	return nil
}
