package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/cli"
)

const completionUsage = `usage: stackalloc completion bash|zsh|fish

completion prints a script that completes the subcommands, their flags and package
patterns:

	bash: source <(stackalloc completion bash)
	zsh:  source <(stackalloc completion zsh)
	fish: stackalloc completion fish | source
`

// completion is the subcommand completion.
func completion(args []string, stdout, stderr io.Writer) int {
	shells := map[string]func(io.Writer, []described){"bash": bash, "zsh": zsh, "fish": fish}
	c := cli.New("completion", completionUsage, stdout, stderr)
	c.Require(func() error {
		if c.Flags.NArg() != 1 || shells[c.Flags.Arg(0)] == nil {
			return fmt.Errorf("expected one of bash, zsh and fish")
		}
		return nil
	})
	if status, proceed := c.Parse(args); !proceed {
		return status
	}
	list, err := describe()
	if err != nil {
		return c.Fail(err)
	}
	shells[c.Flags.Arg(0)](stdout, list)
	return cli.OK
}

// described is a subcommand with its flags.
type described struct {
	command
	flags []cli.Flag
}

// describe asks each subcommand for its flags.
func describe() (list []described, err error) {
	for _, c := range commands {
		d := described{command: c}
		var out, diag bytes.Buffer
		if c.run([]string{"-flags"}, &out, &diag) != cli.OK {
			return nil, fmt.Errorf("%s -flags: %s", c.name, diag.String())
		}
		if err := json.Unmarshal(out.Bytes(), &d.flags); err != nil {
			return nil, fmt.Errorf("%s -flags: %w", c.name, err)
		}
		list = append(list, d)
	}
	return list, nil
}

func (d *described) names() string {
	names := []string{"-h"}
	for _, f := range d.flags {
		names = append(names, "-"+f.Name)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func subcommands(list []described) string {
	var names []string
	for _, d := range list {
		names = append(names, d.name)
	}
	return strings.Join(append(names, "help"), " ")
}

func bash(w io.Writer, list []described) {
	fmt.Fprintf(w, `_stackalloc() {
	local cur=${COMP_WORDS[COMP_CWORD]} words=
	if [ "$COMP_CWORD" -eq 1 ]; then
		COMPREPLY=($(compgen -W %q -- "$cur"))
		return
	fi
	case ${COMP_WORDS[1]} in
`, subcommands(list))
	for _, d := range list {
		fmt.Fprintf(w, "\t%s) words=%q ;;\n", d.name, d.names())
	}
	fmt.Fprintf(w, `	help) COMPREPLY=($(compgen -W %q -- "$cur")); return ;;
	esac
	case ${COMP_WORDS[1]}:$cur in
	*:-*) COMPREPLY=($(compgen -W "$words" -- "$cur")) ;;
	completion:*) COMPREPLY=($(compgen -W "bash zsh fish" -- "$cur")) ;;
	*) COMPREPLY=($(compgen -W "./..." -- "$cur") $(compgen -f -- "$cur")) ;;
	esac
}
complete -o filenames -o nosort -F _stackalloc stackalloc 2>/dev/null || complete -o filenames -F _stackalloc stackalloc
`, subcommands(list))
}

func zsh(w io.Writer, list []described) {
	fmt.Fprint(w, "#compdef stackalloc\n_stackalloc() {\n\tif (( CURRENT == 2 )); then\n\t\tlocal -a list=(\n")
	for _, d := range list {
		fmt.Fprintf(w, "\t\t\t%s\n", single(d.name+":"+d.short))
	}
	fmt.Fprint(w, "\t\t)\n\t\t_describe command list\n\t\treturn\n\tfi\n\tcase ${words[2]} in\n")
	for _, d := range list {
		rest := "'*:package:_files'"
		if d.name == "completion" {
			rest = "'1:shell:(bash zsh fish)'"
		}
		fmt.Fprintf(w, "\t%s)\n\t\twords=(${words[2,-1]}); (( CURRENT-- ))\n\t\t_arguments", d.name)
		for _, f := range d.flags {
			text := strings.NewReplacer("[", "(", "]", ")", "`", "", ":", " -").Replace(f.Usage)
			spec := "-" + f.Name + "[" + text + "]"
			if !f.Bool {
				spec = "-" + f.Name + "=[" + text + "]:value:_files"
			}
			fmt.Fprintf(w, " \\\n\t\t\t%s", single(spec))
		}
		fmt.Fprintf(w, " \\\n\t\t\t%s ;;\n", rest)
	}
	fmt.Fprint(w, "\tesac\n}\ncompdef _stackalloc stackalloc\n")
}

func fish(w io.Writer, list []described) {
	for _, d := range list {
		fmt.Fprintf(w, "complete -c stackalloc -n __fish_use_subcommand -f -a %s -d %s\n", d.name, single(d.short))
		for _, f := range d.flags {
			value := " -r"
			if f.Bool {
				value = ""
			}
			fmt.Fprintf(w, "complete -c stackalloc -n '__fish_seen_subcommand_from %s' -o %s%s -d %s\n", d.name, f.Name, value, single(strings.ReplaceAll(f.Usage, "`", "")))
		}
	}
	fmt.Fprint(w, "complete -c stackalloc -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'\n")
}

// single puts s in single quotes, for any of the shells.
func single(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
