{#- Holds every var against `var_bounds` before anything is built: vars are pasted into SQL. -#}
{%- macro check_vars() -%}
    {%- if execute -%}
        {%- set problems = [] -%}
        {%- for name, rule in var_bounds().items() -%}
            {%- do problems.extend(var_problems(name, var(name, none), rule)) -%}
        {%- endfor -%}
        {%- if problems -%}{{ exceptions.raise_compiler_error(problems | join('; ')) }}{%- endif -%}
    {%- endif -%}
{%- endmacro -%}
