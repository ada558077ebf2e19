package supervisor

import (
	"reflect"
	"unsafe"
)

// same reports whether two configurations are: see Manager.Apply. a and b are of one
// type; their prints say what a file says, where they came from one.
func same(a, b any, aPrint, bPrint string) bool {
	c := comparison{code: aPrint != "" && bPrint != ""}
	return aPrint == bPrint && c.equal(reflect.ValueOf(a), reflect.ValueOf(b))
}

// comparison compares values field by field.
type comparison struct {
	code bool // of functions the code alone counts, not what it refers to
}

func (c comparison) equal(a, b reflect.Value) bool {
	switch a.Kind() {
	case reflect.Func:
		return c.function(a) == c.function(b)
	case reflect.Interface:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() && b.IsNil()
		}
		return a.Elem().Type() == b.Elem().Type() && c.equal(a.Elem(), b.Elem())
	case reflect.Struct:
		for i := range a.NumField() {
			if !c.equal(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Slice, reflect.Array:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !c.equal(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Map:
		if a.Len() != b.Len() {
			return false
		}
		for _, key := range a.MapKeys() {
			if other := b.MapIndex(key); !other.IsValid() || !c.equal(a.MapIndex(key), other) {
				return false
			}
		}
		return true
	default:
		return a.Equal(b)
	}
}

// function is what tells a function from others: where its code is, or its closure,
// which is another one for each value that was made anew.
func (c comparison) function(f reflect.Value) unsafe.Pointer {
	if f.IsNil() || c.code || !f.CanInterface() {
		return f.UnsafePointer()
	}
	value := reflect.New(f.Type())
	value.Elem().Set(f)
	return *(*unsafe.Pointer)(value.UnsafePointer())
}
