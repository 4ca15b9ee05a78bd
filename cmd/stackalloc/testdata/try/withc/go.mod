module example.com/withc

go 1.25.0
