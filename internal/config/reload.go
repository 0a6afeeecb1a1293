package config

import (
	"reflect"
	"slices"
)

// NeedsRestart names the keys in which two configurations differ and whose tag says
// that a change needs a restart; accounts are compared by name.
func NeedsRestart(old, next *Config) []string {
	keys := restartKeys("", reflect.ValueOf(*old), reflect.ValueOf(*next))
	byName := map[string]Account{}
	for _, a := range old.Accounts {
		byName[a.Name] = a
	}
	for _, a := range next.Accounts {
		before, known := byName[a.Name]
		at := "accounts[" + a.Name + "]"
		if !known {
			keys = append(keys, at)
			continue
		}
		delete(byName, a.Name)
		keys = append(keys, restartKeys(at+".", reflect.ValueOf(before), reflect.ValueOf(a))...)
	}
	for name := range byName {
		keys = append(keys, "accounts["+name+"]")
	}
	slices.Sort(keys)
	return keys
}

func restartKeys(prefix string, a, b reflect.Value) (keys []string) {
	for f, one := range a.Fields() {
		switch key := f.Tag.Get("yaml"); {
		case one.Kind() == reflect.Struct && f.Tag.Get("reload") == "" && key != "":
			keys = append(keys, restartKeys(prefix+key+".", one, b.FieldByIndex(f.Index))...)
		case f.Tag.Get("reload") == "restart" && !reflect.DeepEqual(one.Interface(), b.FieldByIndex(f.Index).Interface()):
			keys = append(keys, prefix+key)
		}
	}
	return keys
}
