package messages

// normalize takes off the padding of the value that begins at offset at of joined
// and ends it, if it is of a field that hosts pad in different ways: the STAN and
// the terminal's identification.
func normalize(joined []byte, at, id int) []byte {
	if id != 11 && id != 41 {
		return joined
	}

	value := joined[at:]
	for len(value) > 1 && value[len(value)-1] == ' ' {
		value = value[:len(value)-1]
	}

	for len(value) > 1 && value[0] == ' ' {
		value = value[1:]
	}

	for len(value) > 1 && value[0] == '0' {
		value = value[1:]
	}

	if len(value) == 1 && value[0] == ' ' {
		value[0] = '0'
	}

	return append(joined[:at], value...)
}
