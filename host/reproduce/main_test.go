package reproduce
import ("testing";"context")
func TestTry(t *testing.T){ if err:=Bias(context.Background(),"/tmp/est/bias",Options{});err!=nil{t.Fatal(err)} }
