package issuer

import (
	"testing"

	"github.com/isolink-go/isolink/examples/internal/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }
