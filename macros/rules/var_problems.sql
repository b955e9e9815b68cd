{#- What is wrong with a var or a part of one, as a list of sentences. They give the shape of a text, never the text. -#}
{%- macro var_problems(name, value, rule) -%}
    {%- set problems = [] -%}
    {%- if rule is mapping and 'list of' in rule -%}
        {%- if value is mapping or value is string or value is not sequence or not value -%}
            {%- do problems.append('the var ' ~ name ~ ' is ' ~ shape_of(value) ~ ': it must be a list') -%}
        {%- else -%}
            {%- for one in value -%}
                {%- do problems.extend(var_problems(name ~ '[' ~ loop.index0 ~ ']', one, rule['list of'])) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- elif rule is mapping and 'map of' in rule -%}
        {%- if value is not mapping and value is not none -%}
            {%- do problems.append(
                'the var ' ~ name ~ ' is ' ~ shape_of(value) ~ ': it must be pairs of a ' ~ rule['keys'] ~ ' and a value'
            ) -%}
        {%- else -%}
            {%- for key, one in (value or {}).items() -%}
                {%- set wrong = var_problems(name ~ ' has a key that', key, [rule['keys']]) -%}
                {%- do problems.extend(wrong or var_problems(name ~ '.' ~ key, one, rule['map of'])) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- elif rule is mapping -%}
        {%- set keys = rule['keys of'] -%}
        {%- if value is not mapping or value | map('string') | sort != keys | sort -%}
            {%- do problems.append(
                'the var ' ~ name ~ ' is ' ~ shape_of(value) ~ ': it must have the keys ' ~ keys | join(', ')
            ) -%}
        {%- else -%}
            {%- for key, one in keys.items() -%}
                {%- do problems.extend(var_problems(name ~ '.' ~ key, value[key], one)) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- elif not is_within(value, rule) -%}
        {%- set due = {
            'whole': 'a whole number', 'number': 'a number', 'date': 'a day like 2024-06-30',
            'date or null': 'null or a day like 2024-06-30', 'currency': 'a code of ISO 4217 like USD',
            'word': 'a name of letters, digits, _ and blanks'
        }[rule[0]] -%}
        {%- set range = ' from ' ~ rule[1] ~ ' to ' ~ rule[2] if rule | length > 1 else '' -%}
        {%- do problems.append('the var ' ~ name ~ ' is ' ~ shape_of(value) ~ ': it must be ' ~ due ~ range) -%}
    {%- endif -%}
    {%- do return(problems) -%}
{%- endmacro -%}
