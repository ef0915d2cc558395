// Package shaders holds the compiled kernels: one SPIR-V module for each
// NAME.comp of this folder, built by build.sh and committed, so that users need
// no shader compiler.
package shaders

import (
	"embed"
	"fmt"
	"path"
	"strings"
)

//go:generate sh -c "go run .. reference kinds.glsl > kinds.new && mv kinds.new kinds.glsl"
//go:generate sh ./build.sh

// The folder always holds VERSION, the compiler that built the modules.
//
//go:embed spv
var modules embed.FS

const folder, extension = "spv", ".spv"

// SPIRV returns the module compiled from NAME.comp, little-endian words in
// bytes. It fails if there is no kernel of that name.
func SPIRV(name string) ([]byte, error) {
	code, err := modules.ReadFile(path.Join(folder, name+extension))
	if err != nil {
		return nil, fmt.Errorf("shaders: kernel %q asked for, found %s; add %s.comp and run go generate ./shaders",
			name, strings.Join(Names(), ", "), name)
	}
	return code, nil
}

// Names returns the names of all kernels in ascending order.
func Names() []string {
	files, err := modules.ReadDir(folder)
	if err != nil {
		return nil // the folder is embedded, so this cannot happen
	}
	var names []string
	for _, file := range files {
		if name, ok := strings.CutSuffix(file.Name(), extension); ok {
			names = append(names, name)
		}
	}
	return names
}
