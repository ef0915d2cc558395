package atomicfile_test

import (
	"fmt"
	"os"
	"path/filepath"

	"spikegrad/host/atomicfile"
)

// A file is replaced as a whole, and its folder is created if it does not exist.
func ExampleWriteJSON() {
	folder, err := os.MkdirTemp("", "atomicfile")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)

	path := filepath.Join(folder, "runs", "first", "result.json")
	if err := atomicfile.Folder(filepath.Dir(path)); err != nil {
		fmt.Println(err)
		return
	}
	for _, accuracy := range []float64{0.92, 0.96} {
		if err := atomicfile.WriteJSON(path, map[string]float64{"accuracy": accuracy}); err != nil {
			fmt.Println(err)
			return
		}
	}
	content, err := os.ReadFile(path)
	fmt.Print(string(content), err)
	// Output:
	// {
	//   "accuracy": 0.96
	// }
	// <nil>
}
