package estimate
import ("testing";"context";"os")
func TestTry(t *testing.T){ for _,net := range []string{"perceptron","mlp:3,2","lif:6,4"} {
 tr:=100000; if net=="lif:6,4" {tr=400}
 r,err:=Run(context.Background(),EstimateOptions{Net:net,Seed:3,Beta:2,Trials:tr,Out:"/tmp/est/"+net[:3]}); if err!=nil{t.Fatal(err)}; r.Write(os.Stdout)} }
