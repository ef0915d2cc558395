package data
import ("testing";"time";"os")
func TestZ2(t *testing.T){ if os.Getenv("ZZ")==""{t.Skip()}; o:=defaults(t,"randman"); s:=time.Now(); generateRandman(&o); t.Log(time.Since(s))}
