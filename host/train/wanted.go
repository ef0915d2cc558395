package train

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strings"
)

// Messages of the TOML reader about values of the wrong type for their key.
var (
	otherType  = regexp.MustCompile(`^cannot decode TOML (.+) into `)
	manyTables = regexp.MustCompile(`^cannot store an array table in`)
	outOfRange = regexp.MustCompile(`cannot be stored in|too large to fit|too small to fit|out of range`)
)

// wrongType says in terms of the file what type a key needs and what it got; empty for
// other mistakes.
func wrongType(key []string, message string) string {
	t, there := keyType(key)
	if !there {
		return ""
	}
	if found := otherType.FindStringSubmatch(message); found != nil {
		return fmt.Sprintf("%s: want %s, found %s", strings.Join(key, "."), wanted(t, key), typeName(found[1]))
	}
	if manyTables.MatchString(message) {
		return fmt.Sprintf("%s: want %s, found [[%s]]", strings.Join(key, "."), wanted(t, key), strings.Join(key, "."))
	}
	if outOfRange.MatchString(message) {
		return fmt.Sprintf("%s: want %s", strings.Join(key, "."), wanted(t, key))
	}
	return ""
}

// keyType returns the type of a key's value.
func keyType(key []string) (reflect.Type, bool) {
	t := reflect.TypeFor[Config]()
	for _, name := range key {
		if t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct {
			return nil, false
		}
		field := -1
		for i, known := range keys(t) {
			if known != "" && strings.EqualFold(known, name) {
				field = i
			}
		}
		if field < 0 {
			return nil, false
		}
		t = t.Field(field).Type
	}
	return t, true
}

// wanted describes a type in words.
func wanted(t reflect.Type, key []string) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Uint32:
		return fmt.Sprintf("an integer from 0 to %d", uint32(math.MaxUint32))
	case reflect.Int:
		return "an integer"
	case reflect.Float64:
		return "a number"
	case reflect.String:
		return "a string in quotes"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Struct {
			return "a table that begins with [[" + strings.Join(key, ".") + "]]"
		}
		return "an array of strings"
	}
	return "a table that begins with [" + strings.Join(key, ".") + "]"
}

// typeName describes a TOML type in words.
func typeName(name string) string {
	switch name {
	case "string":
		return "a string"
	case "integer":
		return "an integer"
	case "float":
		return "a float"
	case "boolean", "bool":
		return "true or false"
	case "array":
		return "an array"
	case "table", "inline table":
		return "a table"
	}
	return "a " + name
}
